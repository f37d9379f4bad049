package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.inference.InferenceCalls;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ServerMetrics;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeModels;
import ai.mariner.core.testing.ServerConfigBuilder;
import ai.mariner.view.DeclaredTensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The REST adapter with stand-ins for everything behind it, which record what they are asked. */
final class TestServer {
  static final int MAX_REQUEST_BYTES = 100_000;

  final AtomicLong nanos = new AtomicLong(1);
  final AtomicLong ids = new AtomicLong();
  final List<InferenceRequest> requests = new CopyOnWriteArrayList<>();
  final List<String> accessLines = new CopyOnWriteArrayList<>();
  final List<Integer> statuses = new CopyOnWriteArrayList<>();
  final InflightBudget budget = new InflightBudget(300_000);
  final Set<String> absent = new HashSet<>();
  final FakeModels models = new FakeModels(Runnable::run);
  final List<PluginRoute> pluginRoutes = new ArrayList<>();
  final AddedRoutes addedRoutes = new AddedRoutes();
  final FakeLogFiles logFiles = new FakeLogFiles();
  final FakeWorkflows workflows = new FakeWorkflows();
  final RestContext context;
  CallAuthorizer authorizer = CallAuthorizer.NONE;
  BiConsumer<InferenceRequest, ResponseSink> handler = TestServer::echo;

  TestServer() {
    this(Profile.MARINER, AccessPolicy.OPEN, UnaryOperator.identity());
  }

  TestServer(Profile profile, AccessPolicy access, UnaryOperator<ServerConfigBuilder> change) {
    MetricsPage page = names -> ("metrics " + names).getBytes(StandardCharsets.UTF_8);
    context =
        new RestContext(
            change.apply(config(profile)).build(),
            new Predictions(),
            models,
            new DeclaredTensors(models),
            workflows,
            access,
            new Authorizing(),
            new Counter(),
            (remote, line, status, millis) ->
                accessLines.add(remote + " \"" + line + "\" " + status),
            page,
            budget,
            pluginRoutes,
            addedRoutes,
            logFiles,
            Runnable::run,
            nanos::get);
  }

  Listener listener(Api... apis) {
    ListenerAddress address = context.config().inference();
    return new Listener(Set.of(apis), context, address);
  }

  static void echo(InferenceRequest request, ResponseSink sink) {
    Body first = request.parts().get(0).body();
    byte[] copy = new byte[first.size()];
    first.bytes().get(copy);
    request.release();
    sink.end(new Reply(null, null, null, List.of(), Body.of(copy)));
  }

  /** The bytes of an input of the last request, as text; only while its body is held. */
  static String text(InputPart part) {
    return StandardCharsets.UTF_8.decode(part.body().bytes()).toString();
  }

  private static ServerConfigBuilder config(Profile profile) {
    return Configs.server(Path.of("."))
        .profile(profile)
        .limits(Configs.limits(MAX_REQUEST_BYTES, MAX_REQUEST_BYTES));
  }

  /** Notes requests; they are answered as a test says. */
  private final class Predictions implements InferenceCalls {
    private final RequestLabel labels = new RequestLabel(42);

    @Override
    public long nextRequestId() {
      return ids.incrementAndGet();
    }

    @Override
    public RequestLabel labels() {
      return labels;
    }

    @Override
    public @Nullable Failure absence(ModelRef model) {
      return absent.contains(model.name())
          ? Failure.of(ErrorKind.MODEL_NOT_FOUND, "Model not found: " + model.name())
          : null;
    }

    @Override
    public void submit(InferenceRequest request, ResponseSink sink) {
      requests.add(request);
      handler.accept(request, sink);
    }
  }

  /** Asks the authorizer that a test has set. */
  private final class Authorizing implements CallAuthorizer {
    @Override
    public boolean guards(CallArea area) {
      return authorizer.guards(area);
    }

    @Override
    public void authorize(AskedCall call, Consumer<@Nullable Failure> outcome) {
      authorizer.authorize(call, outcome);
    }
  }

  private final class Counter implements ServerMetrics {
    @Override
    public ModelMetrics model(ModelKey key) {
      throw new UnsupportedOperationException("the adapter counts no model's requests");
    }

    @Override
    public void modelRemoved(ModelKey key) {
      throw new UnsupportedOperationException("the adapter removes no models");
    }

    @Override
    public void httpAnswered(int status) {
      statuses.add(status);
    }
  }
}
