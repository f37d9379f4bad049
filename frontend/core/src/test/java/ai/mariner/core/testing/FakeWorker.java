package ai.mariner.core.testing;

import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerMode;
import ai.mariner.core.worker.WorkerProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A worker process in the hands of a test: it says what the test makes it say and writes down what
 * it is told. Unless told otherwise it dies when killed, exits when stopped or when its connection
 * closes, and answers heartbeats.
 *
 * <p>Every word arrives as a task of the worker's loop. On a {@link FakeLoop} the methods that
 * speak run the loop's ready tasks, so a test sees the effect at once.
 */
public final class FakeWorker implements WorkerProcess, WorkerLink {
  private final WorkerLaunch launch;
  private final Loop loop;
  private final WorkerEvents events;
  private final BodyLedger bodies;
  private final List<SentRun> runs = new ArrayList<>();
  private final List<SentRun> open = new ArrayList<>();
  private final List<SentRun> kept = new ArrayList<>();
  private final List<LoadCommand> loads = new ArrayList<>();
  private final List<Cancelled> cancels = new ArrayList<>();
  private final List<Integer> credits = new ArrayList<>();
  private @Nullable LoadCommand load;
  private String errorLines = "";
  private boolean connected;
  private boolean linked;
  private boolean exited;
  private boolean killed;
  private boolean stopAsked;
  private boolean stacksAsked;
  private int heartbeats;
  private int unloads;
  private boolean mute;
  private boolean prompt;
  private boolean survivesKill;
  private int unsent;

  /**
   * A batch as it was sent.
   *
   * @param id id of the run
   * @param operation what to do
   * @param items requests in batch order
   */
  public record SentRun(long id, Operation operation, List<SentItem> items) {
    /** Whether nothing may be begun beside it. */
    public boolean alone() {
      return items.size() == 1 && items.get(0).alone();
    }

    /** Texts of the requests' first parts. */
    public List<String> texts() {
      return items.stream().map(SentItem::text).toList();
    }
  }

  /**
   * A request as it was sent.
   *
   * @param id id of the request
   * @param text its first part; empty if it has none
   * @param credits pieces that may be sent before the first credit
   * @param deadlineNanos deadline in the loop's time
   * @param alone whether nothing may be begun beside its run
   * @param route number of its route
   */
  public record SentItem(
      long id, String text, int credits, long deadlineNanos, boolean alone, int route) {}

  /**
   * A cancel as it was sent.
   *
   * @param runId id of the run
   * @param itemId id of the request
   * @param reason why
   */
  public record Cancelled(long runId, long itemId, CancelReason reason) {}

  FakeWorker(WorkerLaunch launch, Loop loop, WorkerEvents events, BodyLedger bodies) {
    this.launch = launch;
    this.loop = loop;
    this.events = events;
    this.bodies = bodies;
  }

  /** Runs that were handed over and not sent. */
  public int unsent() {
    return unsent;
  }

  // What the process does.

  /** Connects. */
  public void connect() {
    tell(
        () -> {
          if (!exited && !connected) {
            connected = true;
            linked = true;
            events.connected(this, pid());
          }
        });
  }

  /** Number of the process. */
  public long pid() {
    return 1000L * launch.generation() + launch.workerId();
  }

  /** Has loaded the model; prepares a run ahead if it was told so. */
  public void load() {
    say(
        () -> {
          Map<String, String> wanted = load == null ? Map.of() : load.fields();
          String mode = wanted.get("mode");
          if (mode == null) {
            int slots = wanted.containsKey("prepare_ahead") ? 2 : 1;
            events.loaded(LoadOutcome.loaded(WorkerMode.SERIAL, slots));
          } else {
            int slots = Integer.parseInt(wanted.getOrDefault("concurrency", "1"));
            events.loaded(
                LoadOutcome.loaded(Objects.requireNonNull(WorkerMode.ofWord(mode)), slots));
          }
        });
  }

  /** Connects, and loads whatever it is told to at once. */
  public void connectAndLoadAll() {
    prompt = true;
    connect();
  }

  /** From now on a load takes until it is said to have ended. */
  public void loadSlowly() {
    prompt = false;
  }

  /** Connects and has loaded the model. */
  public void connectAndLoad() {
    connect();
    load();
  }

  /** Can't load the model. */
  public void failLoad(WorkerError error, String message) {
    say(() -> events.loaded(LoadOutcome.failed(error, message, "Traceback: " + message)));
  }

  /** Answers every request of the oldest open batch: {@code echo:} and its text. */
  public void answer() {
    answer(false);
  }

  /** Answers every request of an open batch, whatever its place among the open ones. */
  public void answer(SentRun run) {
    end(run, echo(run), false);
  }

  /** Answers as {@link #answer()} and says that the process must not be used again. */
  public void answerAndBeSpent() {
    answer(true);
  }

  private void answer(boolean spent) {
    SentRun run = oldest();
    end(run, echo(run), spent);
  }

  /** Answers the oldest open batch, each request with this header. */
  public void answerWith(String header, String value) {
    List<ItemReply> replies = new ArrayList<>();
    for (ItemReply item : echo(oldest())) {
      Reply plain = item.reply();
      Reply marked =
          new Reply(null, null, null, List.of(new Reply.Header(header, value)), plain.body());
      replies.add(new ItemReply(item.itemId(), true, null, marked));
    }
    end(replies);
  }

  private List<ItemReply> echo(SentRun run) {
    List<ItemReply> replies = new ArrayList<>();
    for (SentItem item : run.items()) {
      replies.add(new ItemReply(item.id(), true, null, reply("echo:" + item.text())));
    }
    return replies;
  }

  /** Has answered the oldest open batch, but keeps that back until it sends something. */
  public void keepAnswer() {
    SentRun run = oldest();
    open.remove(run);
    kept.add(run);
  }

  /** Answers the oldest open batch with an error for each request. */
  public void fail(WorkerError error, String message) {
    SentRun run = oldest();
    List<ItemReply> replies = new ArrayList<>();
    for (SentItem item : run.items()) {
      replies.add(new ItemReply(item.id(), true, error, reply(message)));
    }
    end(run, replies, false);
  }

  /** Ends the oldest open batch with these answers. */
  public void end(List<ItemReply> replies) {
    end(oldest(), replies, false);
  }

  private void end(SentRun run, List<ItemReply> replies, boolean spent) {
    open.remove(run);
    reply(run.id(), replies, true, spent);
  }

  /** Streams a piece of a request of the oldest open batch. */
  public void piece(long itemId, String text) {
    piece(oldest().id(), itemId, text, false);
  }

  /** Streams the last piece of a request of the oldest open batch, which goes on. */
  public void lastPiece(long itemId, String text) {
    piece(oldest().id(), itemId, text, true);
  }

  private void piece(long runId, long itemId, String text, boolean ended) {
    reply(runId, List.of(new ItemReply(itemId, ended, null, reply(text))), false, false);
  }

  /** Sends answers for whatever run, also one that the frontend doesn't wait for. */
  public void reply(long runId, List<ItemReply> replies, boolean ended, boolean spent) {
    if (!kept.isEmpty()) {
      SentRun before = kept.remove(0);
      reply(before.id(), echo(before), true, false);
    }
    tell(
        () -> {
          if (linked) {
            events.replied(runId, replies, ended, spent);
          } else {
            replies.forEach(item -> item.reply().body().release());
          }
        });
  }

  /** Sends answers although the frontend has long forgotten this process. */
  public void replyLate(long runId, List<ItemReply> replies) {
    tell(() -> events.replied(runId, replies, true, false));
  }

  /** A plain answer of this text. */
  public Reply reply(String text) {
    return new Reply(null, null, null, List.of(), bodies.body(text));
  }

  /** Exits with a code. */
  public void exit(int code) {
    exit(ProcessExit.ofStatus(code));
  }

  /** Is ended by a signal. */
  public void dieBySignal(int signal) {
    exit(new ProcessExit(null, signal, null));
  }

  /** Ends, with or without ever having started. */
  public void exit(ProcessExit how) {
    disconnect();
    tell(
        () -> {
          if (!exited) {
            exited = true;
            events.exited(how);
          }
        });
  }

  /** Loses its connection, but goes on. */
  public void disconnect() {
    tell(
        () -> {
          if (linked) {
            collect();
            linked = false;
            events.disconnected("end of stream");
          }
        });
  }

  /** From now on it hangs: no heartbeats, no reaction to a stop or to a closed connection. */
  public void hang() {
    mute = true;
  }

  /** From now on not even a kill ends it, as when it hangs in the kernel. */
  public void hangInKernel() {
    mute = true;
    survivesKill = true;
  }

  /** What its error output ends with. */
  public void printError(String lines) {
    errorLines = lines;
  }

  // What the frontend does.

  @Override
  public void load(LoadCommand command) {
    load = command;
    loads.add(command);
    if (prompt) {
      load();
    }
  }

  @Override
  public void unload() {
    unloads++;
    if (!mute) {
      say(events::unloaded);
    }
  }

  @Override
  public WorkerLink beside() {
    return this;
  }

  @Override
  public void run(long runId, Operation operation, List<? extends RunItem> items) {
    List<SentItem> sent = new ArrayList<>();
    for (RunItem item : items) {
      var parts = item.request().parts();
      String text =
          parts.isEmpty()
              ? ""
              : StandardCharsets.UTF_8.decode(parts.get(0).body().bytes()).toString();
      sent.add(
          new SentItem(
              item.request().id(),
              text,
              item.credits(),
              item.deadlineNanos(),
              item.alone(),
              item.route()));
    }
    SentRun run = new SentRun(runId, operation, List.copyOf(sent));
    runs.add(run);
    open.add(run);
    unsent++;
  }

  @Override
  public void flush() {
    unsent = 0;
  }

  @Override
  public void cancel(long runId, long itemId, CancelReason reason) {
    cancels.add(new Cancelled(runId, itemId, reason));
  }

  @Override
  public void credit(long runId, long itemId, int pieces) {
    credits.add(pieces);
  }

  @Override
  public void collect() {
    for (SentRun run : List.copyOf(kept)) {
      events.replied(run.id(), echo(run), true, false);
    }
  }

  @Override
  public void heartbeat(long number) {
    heartbeats++;
    if (!mute) {
      say(() -> events.heartbeat(number));
    }
  }

  @Override
  public void stop() {
    stopAsked = true;
    if (!mute) {
      exit(0);
    }
  }

  @Override
  public void close() {
    if (mute) {
      disconnect();
    } else {
      exit(0);
    }
  }

  @Override
  public void kill() {
    killed = true;
    if (!survivesKill) {
      dieBySignal(9);
    }
  }

  @Override
  public void dumpStacks() {
    stacksAsked = true;
  }

  @Override
  public String lastErrorLines() {
    return errorLines;
  }

  // What the test sees.

  /** How it was started. */
  public WorkerLaunch launch() {
    return launch;
  }

  /** The command to load; fails if there was none. */
  public LoadCommand loadCommand() {
    if (load == null) {
      throw new AssertionError("the worker was not told to load");
    }
    return load;
  }

  /** Names of the models that it was told to load, in order. */
  public List<String> loads() {
    return loads.stream().map(command -> command.fields().get("model_name")).toList();
  }

  /** Models that it was told to forget. */
  public int unloads() {
    return unloads;
  }

  /** All batches that it got. */
  public List<SentRun> runs() {
    return List.copyOf(runs);
  }

  /** Batches that it has not ended. */
  public List<SentRun> openRuns() {
    return List.copyOf(open);
  }

  /** The oldest batch that it has not ended; fails if there is none. */
  public SentRun oldest() {
    if (open.isEmpty()) {
      throw new AssertionError("the worker has nothing to answer");
    }
    return open.get(0);
  }

  /** Cancels that it got. */
  public List<Cancelled> cancels() {
    return List.copyOf(cancels);
  }

  /** Credits that it got. */
  public List<Integer> credits() {
    return List.copyOf(credits);
  }

  /** Heartbeats that it was asked for. */
  public int heartbeats() {
    return heartbeats;
  }

  /** Whether it was killed. */
  public boolean wasKilled() {
    return killed;
  }

  /** Whether it was asked to stop. */
  public boolean wasAskedToStop() {
    return stopAsked;
  }

  /** Whether it was asked for its stacks. */
  public boolean wasAskedForStacks() {
    return stacksAsked;
  }

  /** Whether its process has ended. */
  public boolean hasExited() {
    return exited;
  }

  /** Whether its connection stands. */
  public boolean isLinked() {
    return linked;
  }

  private void say(Runnable word) {
    tell(
        () -> {
          if (linked) {
            word.run();
          }
        });
  }

  private void tell(Runnable task) {
    loop.execute(task);
    if (loop instanceof FakeLoop fake && !fake.inLoop()) {
      fake.runReady();
    }
  }
}
