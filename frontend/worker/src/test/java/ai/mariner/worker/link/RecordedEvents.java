package ai.mariner.worker.link;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes down what is told, as text, and gives the bodies back. */
final class RecordedEvents implements WorkerEvents {
  private static final long PATIENCE_SECONDS = 30;

  private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final @Nullable Loop loop;
  private final Consumer<WorkerLink> onConnected;

  /** Records events that have to arrive on the loop, and does something once connected. */
  RecordedEvents(@Nullable Loop loop, Consumer<WorkerLink> onConnected) {
    this.loop = loop;
    this.onConnected = onConnected;
  }

  private void tell(String event) {
    boolean astray = loop != null && !loop.inLoop();
    told.add(astray ? event + " (not on its loop)" : event);
  }

  @Override
  public void connected(WorkerLink link, long pid) {
    tell("connected");
    onConnected.accept(link);
  }

  @Override
  public void loaded(LoadOutcome outcome) {
    String mode = outcome.mode().word() + " " + outcome.slots();
    if (outcome.declares() != null) {
      mode += " " + outcome.streams() + " " + outcome.dialect() + " " + outcome.declares();
    }
    tell("loaded " + (outcome.error() == null ? mode : outcome.error() + " " + outcome.message()));
  }

  @Override
  public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    StringBuilder text = new StringBuilder("replied " + runId);
    for (ItemReply item : items) {
      var body = item.reply().body();
      String shown =
          body.size() > 200
              ? body.size() + " bytes"
              : StandardCharsets.UTF_8.decode(body.bytes()).toString();
      text.append(' ').append(item.itemId()).append('=').append(shown);
      body.release();
    }
    tell(text.append(ended ? " ended" : "").append(spent ? " spent" : "").toString());
  }

  @Override
  public void heartbeat(long number) {
    tell("heartbeat " + number);
  }

  @Override
  public void disconnected(String reason) {
    tell("disconnected: " + reason);
  }

  @Override
  public void exited(ProcessExit exit) {
    tell(exit.toString());
  }

  /** The next event; fails the test if none comes. */
  String next() throws InterruptedException {
    String event = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event within " + PATIENCE_SECONDS + " s");
    }
    return event;
  }

  /** All events up to the end of the process. */
  List<String> toEnd() throws InterruptedException {
    List<String> events = new ArrayList<>();
    while (true) {
      String event = next();
      events.add(event);
      if (event.startsWith("exited")
          || event.startsWith("was ended")
          || event.startsWith("could not be started")) {
        return events;
      }
    }
  }

  /** What has been told so far and was not taken. */
  List<String> soFar() {
    List<String> events = new ArrayList<>();
    told.drainTo(events);
    return events;
  }
}
