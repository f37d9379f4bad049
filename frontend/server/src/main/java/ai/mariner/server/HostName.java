package ai.mariner.server;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The name of this machine in metrics. */
final class HostName {
  private HostName() {}

  static String own() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
