package ai.mariner.core.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a listener is bound: a TCP host and port, or the path of a Unix socket.
 *
 * @param host host name or address; absent for a Unix socket
 * @param port TCP port, 0 = any free one; 0 for a Unix socket
 * @param unixPath path of a Unix socket; absent for TCP
 * @param tls how it speaks TLS; absent: it speaks plainly
 */
public record ListenerAddress(
    @Nullable String host, int port, @Nullable Path unixPath, @Nullable TlsConfig tls) {
  /** A TCP address. */
  public static ListenerAddress tcp(String host, int port) {
    return new ListenerAddress(host, port, null, null);
  }

  /** A Unix socket. */
  public static ListenerAddress unix(Path path) {
    return new ListenerAddress(null, 0, path, null);
  }

  /** The same address, with TLS or without. */
  public ListenerAddress withTls(@Nullable TlsConfig config) {
    return new ListenerAddress(host, port, unixPath, config);
  }

  /** Whether both are one listener; port 0 is another free port each time. */
  public boolean isOneWith(ListenerAddress other) {
    boolean anyPort = unixPath == null && port == 0;
    return !anyPort && equals(other);
  }

  /** As it is written in the configuration of REST. */
  @Override
  public String toString() {
    return unixPath != null ? "unix:" + unixPath : scheme() + "://" + hostAndPort();
  }

  /** The scheme of its addresses, if it is no Unix socket. */
  public String scheme() {
    return tls == null ? "http" : "https";
  }

  /** Host and port with a colon between them; those of a Unix socket mean nothing. */
  public String hostAndPort() {
    return hostText() + ':' + port;
  }

  private String hostText() {
    String text = host == null ? "" : host;
    return text.indexOf(':') >= 0 ? '[' + text + ']' : text;
  }
}
