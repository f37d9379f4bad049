package ai.mariner.archive;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server on loopback that answers as a test says. */
final class HttpSite implements AutoCloseable {
  /** Answers one request. */
  interface Page {
    void answer(HttpExchange exchange) throws IOException;
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  final List<String> hosts = new CopyOnWriteArrayList<>();
  final List<String> targets = new CopyOnWriteArrayList<>();

  private HttpSite(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.start();
  }

  static HttpSite open() throws IOException {
    return new HttpSite(
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
  }

  static HttpSite on(HttpServer server) {
    return new HttpSite(server);
  }

  int port() {
    return server.getAddress().getPort();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  HttpSite page(String path, Page page) {
    server.createContext(
        path,
        exchange -> {
          hosts.add(exchange.getRequestHeaders().getFirst("Host"));
          targets.add(exchange.getRequestURI().toString());
          try (exchange) {
            page.answer(exchange);
          }
        });
    return this;
  }

  HttpSite file(String path, byte[] content) {
    return page(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
        });
  }

  HttpSite chunked(String path, byte[] content) {
    return page(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(content);
        });
  }

  HttpSite redirect(String path, int status, String location) {
    return page(
        path,
        exchange -> {
          exchange.getResponseHeaders().add("Location", location);
          exchange.sendResponseHeaders(status, -1);
        });
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
