package ai.mariner.core.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a REST listener is bound: a TCP host and port, or the path of a Unix socket.
 *
 * @param host host name or address; absent for a Unix socket
 * @param port TCP port, 0 = any free one; 0 for a Unix socket
 * @param unixPath path of a Unix socket; absent for TCP
 */
public record ListenerAddress(@Nullable String host, int port, @Nullable Path unixPath) {
  /** A TCP address. */
  public static ListenerAddress tcp(String host, int port) {
    return new ListenerAddress(host, port, null);
  }

  /** A Unix socket. */
  public static ListenerAddress unix(Path path) {
    return new ListenerAddress(null, 0, path);
  }

  /** As it is written in the configuration. */
  @Override
  public String toString() {
    return unixPath != null ? "unix:" + unixPath : "http://" + hostText() + ':' + port;
  }

  private String hostText() {
    String text = host == null ? "" : host;
    return text.indexOf(':') >= 0 ? '[' + text + ']' : text;
  }
}
