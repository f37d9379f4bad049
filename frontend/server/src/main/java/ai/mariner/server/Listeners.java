package ai.mariner.server;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.inference.InferenceService;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.metrics.AccessLog;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.Workflows;
import ai.mariner.grpc.GrpcContext;
import ai.mariner.grpc.GrpcServer;
import ai.mariner.net.ServerTls;
import ai.mariner.net.TlsContexts;
import ai.mariner.net.TlsContexts.Inside;
import ai.mariner.net.Transport;
import ai.mariner.rest.AddedRoutes;
import ai.mariner.rest.Api;
import ai.mariner.rest.HttpServer;
import ai.mariner.rest.RestContext;
import ai.mariner.server.logging.LogPages;
import ai.mariner.server.metrics.PrometheusMetrics;
import ai.mariner.view.DeclaredTensors;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All network listeners of the server. */
final class Listeners {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final List<HttpServer> http;
  private final GrpcServer grpc;
  private final Duration drain;
  private final Map<String, String> addresses;

  private Listeners(
      List<HttpServer> http, GrpcServer grpc, Duration drain, Map<String, String> addresses) {
    this.http = http;
    this.grpc = grpc;
    this.drain = drain;
    this.addresses = addresses;
  }

  /**
   * Binds all listeners that the configuration names.
   *
   * @throws IOException naming the address and the reason if one can't be bound; none is left open
   *     then
   */
  static Listeners bind(
      ServerConfig config,
      InferenceService inference,
      ModelService models,
      Workflows workflows,
      PluginHost plugins,
      AddedRoutes addedRoutes,
      InflightBudget budget,
      AccessPolicy access,
      PrometheusMetrics metrics,
      AccessLog accessLog,
      Transport transport,
      EventLoopGroup loops,
      TlsContexts tls,
      Executor codec)
      throws IOException {
    DeclaredTensors tensors = new DeclaredTensors(models);
    RestContext rest =
        new RestContext(
            config,
            inference,
            models,
            tensors,
            workflows,
            access,
            plugins.authorizer(),
            metrics,
            accessLog,
            metrics::expose,
            budget,
            plugins.routes(),
            addedRoutes,
            new LogPages(codec),
            codec,
            System::nanoTime);
    GrpcContext grpcContext =
        new GrpcContext(
            config,
            inference,
            models,
            tensors,
            access,
            plugins.authorizer(),
            accessLog,
            budget,
            loops,
            System::nanoTime);
    Map<String, String> addresses = new LinkedHashMap<>();
    List<HttpServer> http = new ArrayList<>();
    try {
      for (Shared entry : byAddress(config)) {
        HttpServer server =
            new HttpServer(
                entry.address(),
                entry.apis(),
                rest,
                new HttpServer.Network(transport, loops, of(tls, entry.address(), Inside.HTTP_1)));
        http.add(server);
        String bound = text(server.bind(), entry.address());
        for (Api api : entry.apis()) {
          addresses.put(name(api), bound);
        }
      }
      GrpcServer grpc =
          GrpcServer.start(
              grpcContext,
              new GrpcServer.Network(
                  transport,
                  loops,
                  loops,
                  of(tls, config.grpcInference(), Inside.HTTP_2),
                  of(tls, config.grpcManagement(), Inside.HTTP_2)));
      addresses.put("grpc_inference", hostAndPort(grpc.inferenceAddress()));
      addresses.put("grpc_management", hostAndPort(grpc.managementAddress()));
      return new Listeners(http, grpc, config.limits().drainTimeout(), addresses);
    } catch (IOException | RuntimeException e) {
      http.forEach(HttpServer::closeNow);
      throw e;
    }
  }

  /** One listener with the routes that it serves. */
  private record Shared(ListenerAddress address, Set<Api> apis) {}

  private static List<Shared> byAddress(ServerConfig config) {
    List<Shared> all = new ArrayList<>();
    add(all, config.inference(), Api.INFERENCE);
    add(all, config.management(), Api.MANAGEMENT);
    ListenerAddress metrics = config.metrics();
    if (metrics != null) {
      add(all, metrics, Api.METRICS);
    }
    return all;
  }

  private static void add(List<Shared> all, ListenerAddress address, Api api) {
    for (Shared shared : all) {
      if (shared.address().isOneWith(address)) {
        shared.apis().add(api);
        return;
      }
    }
    all.add(new Shared(address, EnumSet.of(api)));
  }

  private static String name(Api api) {
    return switch (api) {
      case INFERENCE -> "inference";
      case MANAGEMENT -> "management";
      case METRICS -> "metrics";
    };
  }

  private static @Nullable ServerTls of(TlsContexts tls, ListenerAddress address, Inside inside)
      throws IOException {
    TlsConfig config = address.tls();
    return config == null ? null : tls.of(config, inside);
  }

  private static String text(SocketAddress bound, ListenerAddress address) {
    return bound instanceof InetSocketAddress
        ? address.scheme() + "://" + hostAndPort(bound)
        : "unix:" + bound;
  }

  private static String hostAndPort(SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      String host = inet.getAddress().getHostAddress();
      return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + inet.getPort();
    }
    return address.toString();
  }

  /** Where each listener is bound, by its name. */
  Map<String, String> addresses() {
    return addresses;
  }

  /** Closes all listeners; calls that are being answered end first. Blocks. */
  void close() {
    List<CompletableFuture<Void>> closing = new ArrayList<>();
    http.forEach(server -> closing.add(server.close().toCompletableFuture()));
    try {
      CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new))
          .get(drain.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.warn("connections were cut off that did not end within drain_timeout: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.forEach(HttpServer::closeNow);
    try {
      grpc.close(drain);
    } catch (InterruptedException e) {
      log.warn("interrupted while gRPC calls ended");
      Thread.currentThread().interrupt();
    }
  }
}
