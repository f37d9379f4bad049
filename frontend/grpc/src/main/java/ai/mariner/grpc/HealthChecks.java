package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc.HealthImplBase;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The standard health service. The empty name and the names of gRPC services stand for the server's
 * readiness; any other name is that of a model, which serves when its default version has all
 * workers that it should have.
 */
final class HealthChecks extends HealthImplBase {
  private static final long WATCH_MILLIS = 1000;

  private final GrpcContext context;
  private final Set<String> services;
  private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  /**
   * Makes the service of one listener.
   *
   * @param services names of the gRPC services on it
   */
  HealthChecks(GrpcContext context, Set<String> services) {
    this.context = context;
    this.services = Set.copyOf(services);
  }

  /** Whether a name stands for the server, not for a model. */
  boolean isOfServer(String name) {
    return name.isEmpty() || services.contains(name);
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
    String name = request.getService();
    if (refused(name, observer)) {
      return;
    }
    if (observer instanceof ServerCallStreamObserver<?> call) {
      call.setOnCancelHandler(() -> {});
    }
    ServingStatus status = statusOf(name);
    if (status == ServingStatus.SERVICE_UNKNOWN) {
      String expected = " (expected: \"\", a model, or one of " + services + ")";
      observer.onError(
          Status.NOT_FOUND
              .withDescription("service: \"" + name + '"' + expected)
              .asRuntimeException());
    } else {
      observer.onNext(response(status));
      observer.onCompleted();
    }
  }

  @Override
  public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
    String name = request.getService();
    if (refused(name, observer)) {
      return;
    }
    if (observer instanceof ServerCallStreamObserver<HealthCheckResponse> call) {
      Watcher watcher = new Watcher(name, call);
      watchers.add(watcher);
      call.setOnCancelHandler(() -> watchers.remove(watcher));
      watcher.look();
    }
  }

  /** Tells all watchers that nothing is served any more, and ends their calls. */
  void stop() {
    stopping = true;
    watchers.forEach(Watcher::lookNow);
  }

  /** Models are none of the business of a caller without a token. */
  private boolean refused(String name, StreamObserver<?> observer) {
    Failure refusal = TokenInterceptor.REFUSAL.get();
    if (refusal == null || name.isEmpty() || services.contains(name)) {
      return false;
    }
    observer.onError(
        GrpcErrors.status(refusal, context.config().exposeErrors()).asRuntimeException());
    return true;
  }

  private ServingStatus statusOf(String name) {
    if (stopping) {
      return ServingStatus.NOT_SERVING;
    }
    if (name.isEmpty() || services.contains(name)) {
      return serving(context.models().health().ready());
    }
    try {
      return serving(context.models().health(ModelRef.of(name)).ready());
    } catch (ServeException noSuchModel) {
      return ServingStatus.SERVICE_UNKNOWN;
    }
  }

  private static ServingStatus serving(boolean ready) {
    return ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  private static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }

  /** A client that wants to hear of changes. All but {@link #lookNow} runs one after the other. */
  private final class Watcher {
    private final String name;
    private final ServerCallStreamObserver<HealthCheckResponse> call;
    private ServingStatus told = ServingStatus.UNRECOGNIZED;
    private boolean ended;

    Watcher(String name, ServerCallStreamObserver<HealthCheckResponse> call) {
      this.name = name;
      this.call = call;
    }

    void look() {
      tell(statusOf(name));
    }

    void lookNow() {
      try {
        context.timer().execute(this::look);
      } catch (RejectedExecutionException stopped) {
        watchers.remove(this);
      }
    }

    private synchronized void tell(ServingStatus found) {
      if (ended || call.isCancelled()) {
        watchers.remove(this);
        return;
      }
      // What was found may be older than the order to stop.
      boolean last = stopping;
      ServingStatus status = last ? ServingStatus.NOT_SERVING : found;
      if (status != told) {
        told = status;
        call.onNext(response(status));
      }
      if (last) {
        ended = true;
        watchers.remove(this);
        call.onError(Status.UNAVAILABLE.withDescription("The server stops.").asRuntimeException());
        return;
      }
      lookLater();
    }

    private void lookLater() {
      try {
        var unused = context.timer().schedule(this::look, WATCH_MILLIS, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException stopped) {
        watchers.remove(this);
      }
    }
  }
}
