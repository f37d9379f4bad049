package ai.mariner.grpc;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.Failure;
import ai.mariner.core.inference.InferenceCalls;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeModels;
import ai.mariner.view.DeclaredTensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Stands in for the core: takes requests, and answers on a loop thread as a test says. */
final class FakeCore implements InferenceCalls, AutoCloseable {
  static final int MAX_BYTES = 6_553_500;

  final FakeModels models = new FakeModels(ForkJoinPool.commonPool());
  final BlockingQueue<Submission> submissions = new LinkedBlockingQueue<>();
  final BlockingQueue<String> accessLines = new LinkedBlockingQueue<>();
  static final long BUDGET_BYTES = 2L * MAX_BYTES;

  final InflightBudget budget = new InflightBudget(BUDGET_BYTES);
  final RequestLabel labels = new RequestLabel(42);
  Profile profile = Profile.MARINER;
  boolean modelApi = true;
  boolean exposeErrors;
  int maxResponseBytes = MAX_BYTES;
  AccessPolicy access = AccessPolicy.OPEN;
  CallAuthorizer authorizer = CallAuthorizer.NONE;
  ListenerAddress inference = ListenerAddress.tcp("127.0.0.1", 0);
  ConnectionAge inferenceAge = ConnectionAge.UNBOUNDED;
  volatile @Nullable Handler handler;

  private final AtomicLong ids = new AtomicLong();
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  /** What a test does with a request, on the loop. */
  interface Handler {
    void handle(InferenceRequest request, ResponseSink sink);
  }

  /** A request that nobody answered yet. */
  final class Submission {
    final InferenceRequest request;
    final ResponseSink sink;

    Submission(InferenceRequest request, ResponseSink sink) {
      this.request = request;
      this.sink = sink;
    }

    /** Runs a task on the loop and waits for it. */
    void onLoop(Runnable task) throws InterruptedException, ExecutionException {
      loop.submit(task).get();
    }

    void next(Body piece) throws InterruptedException, ExecutionException {
      onLoop(() -> sink.next(reply(piece)));
    }

    void end(Body last) throws InterruptedException, ExecutionException {
      onLoop(() -> sink.end(reply(last)));
    }

    void fail(Failure failure) throws InterruptedException, ExecutionException {
      onLoop(() -> sink.fail(failure));
    }
  }

  GrpcContext context() {
    return new GrpcContext(
        config(),
        this,
        models,
        new DeclaredTensors(models),
        access,
        authorizer,
        (remote, line, status, millis) -> accessLines.add(remote + ' ' + line + ' ' + status),
        budget,
        timer,
        System::nanoTime);
  }

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
    return null;
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    loop.execute(
        () -> {
          Handler now = handler;
          if (now != null) {
            now.handle(request, sink);
          } else {
            submissions.add(new Submission(request, sink));
          }
        });
  }

  /** The next request that no handler took. */
  Submission next() throws InterruptedException {
    Submission submission = submissions.poll(10, TimeUnit.SECONDS);
    if (submission == null) {
      throw new AssertionError("no request arrived");
    }
    return submission;
  }

  static Reply reply(Body body) {
    return new Reply(null, null, null, List.of(), body);
  }

  static Reply reply(String text) {
    return reply(Body.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  static byte[] bytes(Body body) {
    ByteBuffer buffer = body.bytes();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  static Map<String, String> texts(InferenceRequest request) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (InputPart part : request.parts()) {
      texts.put(part.name(), new String(bytes(part.body()), StandardCharsets.UTF_8));
    }
    return texts;
  }

  private ServerConfig config() {
    return Configs.server(Path.of("unused"))
        .profile(profile)
        .grpcInference(inference)
        .grpcInferenceAge(inferenceAge)
        .modelApi(modelApi)
        .exposeErrors(exposeErrors)
        .limits(Configs.limits(MAX_BYTES, maxResponseBytes))
        .build();
  }

  @Override
  public void close() {
    loop.shutdownNow();
    timer.shutdownNow();
  }
}
