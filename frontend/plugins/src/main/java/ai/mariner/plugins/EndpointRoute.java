package ai.mariner.plugins;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.rest.Api;
import ai.mariner.rest.PluginCall;
import ai.mariner.rest.PluginRoute;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.pytorch.serve.servingsdk.Context;
import org.pytorch.serve.servingsdk.ModelServerEndpoint;
import org.pytorch.serve.servingsdk.ModelServerEndpointException;
import org.pytorch.serve.servingsdk.http.Request;
import org.pytorch.serve.servingsdk.http.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An endpoint of a plugin as a route, which runs on threads of plugins. */
final class EndpointRoute implements PluginRoute {
  private static final Logger log = LoggerFactory.getLogger(EndpointRoute.class);
  private static final List<String> METHODS = List.of("GET", "PUT", "POST", "DELETE");

  private final Offer<ModelServerEndpoint> offer;
  private final Place place;
  private final PluginThreads threads;
  private final Context context;
  private final int mostBytes;

  /**
   * Where a route is served.
   *
   * @param api listener
   * @param word first word of its paths
   * @param description for the API description
   */
  record Place(Api api, String word, String description) {}

  EndpointRoute(
      Offer<ModelServerEndpoint> offer,
      Place place,
      PluginThreads threads,
      Context context,
      int mostBytes) {
    this.offer = offer;
    this.place = place;
    this.threads = threads;
    this.context = context;
    this.mostBytes = mostBytes;
  }

  @Override
  public Api api() {
    return place.api;
  }

  @Override
  public String word() {
    return place.word;
  }

  @Override
  public String description() {
    return place.description;
  }

  @Override
  public String owner() {
    return offer.named();
  }

  @Override
  public Set<String> methods() {
    Set<String> methods = new LinkedHashSet<>();
    for (String method : METHODS) {
      if (overrides(method)) {
        methods.add(method);
      }
    }
    return methods;
  }

  private boolean overrides(String method) {
    String name = "do" + method.charAt(0) + method.substring(1).toLowerCase(java.util.Locale.ROOT);
    try {
      return offer
              .object()
              .getClass()
              .getMethod(name, Request.class, Response.class, Context.class)
              .getDeclaringClass()
          != ModelServerEndpoint.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("an endpoint has all methods of its class", e);
    }
  }

  @Override
  public void serve(PluginCall call, ResponseSink sink) {
    BodyStream body = new BodyStream(call.body());
    EndpointRequest request =
        new EndpointRequest(call.uri(), call.headers(), call.parameters(), body);
    threads.run(
        () -> answer(call.method(), request),
        outcome -> tell(call.method(), outcome, sink),
        () -> {
          body.end();
          call.body().release();
        });
  }

  private Reply answer(String method, EndpointRequest request) throws IOException {
    ModelServerEndpoint endpoint = offer.object();
    EndpointResponse response = new EndpointResponse(mostBytes);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(endpoint.getClass().getClassLoader());
    try {
      switch (method) {
        case "PUT" -> endpoint.doPut(request, response, context);
        case "POST" -> endpoint.doPost(request, response, context);
        case "DELETE" -> endpoint.doDelete(request, response, context);
        default -> endpoint.doGet(request, response, context);
      }
    } finally {
      thread.setContextClassLoader(before);
    }
    return response.reply();
  }

  private void tell(String method, Outcome<Reply> outcome, ResponseSink sink) {
    if (outcome instanceof Outcome.Done<Reply> done) {
      sink.end(done.value());
    } else if (outcome instanceof Outcome.Threw<Reply> threw) {
      log.error("{} {} failed in {}", method, path(), owner(), threw.cause());
      sink.fail(failure(threw.cause()));
    } else if (outcome instanceof Outcome.Late<Reply>) {
      String limit = threads.limit().toMillis() + " ms, plugin_timeout";
      log.error("{} {} took longer than {} in {}", method, path(), limit, owner());
      sink.fail(
          Failure.of(
              ErrorKind.DEADLINE_EXCEEDED,
              path() + " took too long (expected: at most " + limit + ")"));
    } else {
      sink.fail(
          Failure.of(
              ErrorKind.QUEUE_FULL,
              path()
                  + ": all threads of plugins are busy (expected: fewer requests at a time, or"
                  + " more plugin_threads)"));
    }
  }

  private static Failure failure(Throwable cause) {
    boolean meant = cause instanceof ModelServerEndpointException || cause instanceof IOException;
    String text = cause.getMessage();
    return meant && text != null
        ? Failure.of(ErrorKind.INTERNAL, text)
        : Failure.of(ErrorKind.INTERNAL, "The plugin failed; the server's log has the details.")
            .withDetail(cause.toString());
  }

  private String path() {
    return '/' + place.word;
  }
}
