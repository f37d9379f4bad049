package ai.mariner.archive;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the very address that was checked: a host is looked up once, and a name server that
 * answers differently the next time is not asked again.
 */
final class PinnedConnector {
  private static final int CONNECT_MILLIS = 10_000;

  private final HostResolver resolver;
  private final Supplier<SSLSocketFactory> tls;
  private final boolean privateAllowed;

  PinnedConnector(HostResolver resolver, Supplier<SSLSocketFactory> tls, boolean privateAllowed) {
    this.resolver = resolver;
    this.tls = tls;
    this.privateAllowed = privateAllowed;
  }

  /**
   * Opens a connection to an address's host, with TLS and the host's certificate checked for {@code
   * https}.
   *
   * @throws ai.mariner.core.error.ServeException when the host is in a private range
   * @throws IOException when it can't be reached
   */
  Socket connect(URI uri, Deadline deadline) throws IOException {
    String host = hostOf(uri);
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    int port = uri.getPort() != -1 ? uri.getPort() : secure ? 443 : 80;
    if (port < 1 || port > 65535) {
      throw Refusals.notAllowed("url: port " + port + " (expected: 1 to 65535)");
    }
    Socket socket = open(addresses(host), port, deadline);
    if (!secure) {
      return socket;
    }
    try {
      return secured(socket, host, port);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private List<InetAddress> addresses(String host) throws UnknownHostException {
    List<InetAddress> addresses = resolver.resolve(host);
    if (!privateAllowed && !addresses.stream().allMatch(PublicAddress::isPublic)) {
      throw Refusals.notAllowed(
          "url: host "
              + Refusals.shown(host)
              + " has a private, local or reserved address (expected: a public one, or allowed_urls"
              + " set in the configuration)");
    }
    return addresses;
  }

  private static Socket open(List<InetAddress> addresses, int port, Deadline deadline)
      throws IOException {
    IOException last = new UnknownHostException("no address");
    for (InetAddress address : addresses) {
      TimedSocket socket = new TimedSocket(deadline);
      try {
        int millis = Math.min(CONNECT_MILLIS, deadline.remainingMillis());
        socket.connect(new InetSocketAddress(address, port), millis);
        return socket;
      } catch (SocketTimeoutException e) {
        socket.close();
        last = new ConnectException("the host does not answer");
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw last;
  }

  private Socket secured(Socket plain, String host, int port) throws IOException {
    SSLSocket socket = (SSLSocket) tls.get().createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    SNIHostName name = serverName(host);
    if (name != null) {
      parameters.setServerNames(List.of(name));
    }
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static @Nullable SNIHostName serverName(String host) {
    // Literal addresses have no place in this extension.
    boolean literal = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    return literal ? null : new SNIHostName(host);
  }

  private static String hostOf(URI uri) {
    String host = uri.getHost();
    if (host == null || host.isEmpty() || host.indexOf('%') >= 0) {
      throw Refusals.notAllowed(
          "url: " + StoreLookup.shownUrl(uri.toString()) + " (expected: a host name)");
    }
    // A name's final dot is no part of it in certificates.
    String bare = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    return bare.startsWith("[") ? bare.substring(1, bare.length() - 1) : bare;
  }
}
