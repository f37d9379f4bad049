package ai.mariner.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a file over HTTP/1.1. The JDK's own clients look host names up themselves, so they can't
 * be held to an address that was checked; this one does the little that a download needs.
 */
final class HttpDownload {
  private static final int MAX_REDIRECTS = 5;

  private final PinnedConnector connector;
  private final AllowedUrls allowedUrls;
  private final long maxBytes;
  private final Duration limit;

  HttpDownload(PinnedConnector connector, AllowedUrls allowedUrls, long maxBytes, Duration limit) {
    this.connector = connector;
    this.allowedUrls = allowedUrls;
    this.maxBytes = maxBytes;
    this.limit = limit;
  }

  /**
   * Writes what an address has to a stream.
   *
   * @param signer signs requests to its host, and no other; absent: they need no signature
   * @throws ai.mariner.core.error.ServeException when it can't be had, is too large, takes too
   *     long, or leads somewhere that is not permitted
   */
  void fetch(URI address, @Nullable S3Signer signer, OutputStream out) {
    Deadline deadline = Deadline.in(limit);
    String home = host(address);
    URI current = address;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      boolean own = home.equals(host(current));
      URI next = attempt(current, own ? signer : null, out, deadline);
      if (next == null) {
        return;
      }
      current = next;
    }
    throw Refusals.downloadFailed(
        shown(address) + ": redirected too often (expected: at most " + MAX_REDIRECTS + " times)");
  }

  /** Fetches, or says where it leads. */
  private @Nullable URI attempt(
      URI uri, @Nullable S3Signer signer, OutputStream out, Deadline deadline) {
    if (uri.getRawUserInfo() != null) {
      throw Refusals.notAllowed(shown(uri) + ": (expected: no user or password in the address)");
    }
    try (Socket socket = connector.connect(uri, deadline)) {
      socket.getOutputStream().write(request(uri, signer).getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
      HttpReply reply = HttpReply.read(in);
      if (reply.isRedirect()) {
        return redirect(uri, reply);
      }
      if (reply.status() != 200) {
        throw Refusals.downloadFailed(
            shown(uri) + ": status " + reply.status() + " (expected: 200)");
      }
      CappedOutput.check(reply.contentLength(), maxBytes, shown(uri));
      copy(uri, reply.body(in), out);
      return null;
    } catch (IOException e) {
      throw Refusals.downloadFailed(shown(uri) + ": " + reason(e, deadline), e);
    }
  }

  private URI redirect(URI from, HttpReply reply) {
    String target = reply.header("location");
    if (target == null) {
      throw Refusals.downloadFailed(
          shown(from) + ": status " + reply.status() + " (expected: with a Location header)");
    }
    URI to = from.resolve(StoreLookup.parse(target.trim()));
    String scheme = to.getScheme();
    boolean web = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
    boolean weaker =
        "https".equalsIgnoreCase(from.getScheme()) && !"https".equalsIgnoreCase(scheme);
    if (!web || weaker) {
      throw Refusals.notAllowed(
          shown(from)
              + ": redirected to "
              + shown(to)
              + (weaker ? " (expected: https, as before)" : " (expected: http or https)"));
    }
    allowedUrls.check(to.toString(), shown(to));
    return to;
  }

  private void copy(URI uri, InputStream in, OutputStream out) throws IOException {
    OutputStream capped = new CappedOutput(out, maxBytes, shown(uri));
    byte[] buffer = new byte[64 * 1024];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      try {
        capped.write(buffer, 0, read);
      } catch (IOException e) {
        throw Refusals.unwritable(
            "The fetched archive can't be written: the disk is full or not writable.", e);
      }
    }
  }

  /** Host and port; empty: the address has none, and is refused. */
  private static String host(URI uri) {
    String host = uri.getHost() == null ? "" : uri.getHost();
    return uri.getPort() == -1 ? host : host + ":" + uri.getPort();
  }

  private static String request(URI uri, @Nullable S3Signer signer) {
    URI ascii = URI.create(uri.toASCIIString());
    String path = ascii.getRawPath();
    String query = ascii.getRawQuery() == null ? "" : "?" + ascii.getRawQuery();
    String target = (path == null || path.isEmpty() ? "/" : path) + query;
    StringBuilder signature = new StringBuilder();
    if (signer != null) {
      signer
          .headers(ascii, host(uri), Instant.now())
          .forEach((name, value) -> signature.append(name + ": " + value + "\r\n"));
    }
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: "
        + host(uri)
        + "\r\nUser-Agent: mariner\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
        + signature
        + "Connection: close\r\n\r\n";
  }

  private static String reason(IOException e, Deadline deadline) {
    if (e instanceof UnknownHostException) {
      return "the host is unknown";
    }
    // A read's own time-out may strike a moment before the clock says so.
    if (deadline.isOver() || e instanceof SocketTimeoutException) {
      double seconds = deadline.limit().toMillis() / 1000.0;
      return "took longer than " + seconds + " s (expected: at most that, download_timeout)";
    }
    String text = e.getMessage();
    return text == null ? "the connection failed" : Refusals.shown(text);
  }

  private static String shown(URI uri) {
    return StoreLookup.shownUrl(uri.toString());
  }
}
