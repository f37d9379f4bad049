package ai.mariner.archive;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Turns host names into addresses. Look-ups block. */
@FunctionalInterface
public interface HostResolver {
  /** The system's own resolver. */
  HostResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /**
   * All addresses of a host.
   *
   * @param host name or literal address, without brackets
   * @throws UnknownHostException when there is none
   */
  List<InetAddress> resolve(String host) throws UnknownHostException;
}
