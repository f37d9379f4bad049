package ai.mariner.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PluginThreadsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(50);

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<Outcome<String>> outcomes = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> cleanups = new LinkedBlockingQueue<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<PluginThreads> made = new ArrayList<>();

  @AfterEach
  void end() {
    release.countDown();
    made.forEach(PluginThreads::close);
    clock.shutdownNow();
  }

  private PluginThreads threads(int count, Duration limit) {
    PluginThreads threads = new PluginThreads("test", count, limit, clock);
    made.add(threads);
    return threads;
  }

  private void deaf(PluginThreads threads) {
    threads.<String>run(
        () -> {
          boolean waiting = true;
          while (waiting) {
            try {
              release.await();
              waiting = false;
            } catch (InterruptedException ignored) {
              // Plugins may do that.
            }
          }
          return "late";
        },
        outcomes::add,
        () -> cleanups.add("deaf"));
  }

  private Outcome<String> outcome() throws InterruptedException {
    return outcomes.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void tellsWhatATaskMadeOrThrew() throws Exception {
    PluginThreads threads = threads(1, LONG);
    threads.<String>run(() -> "made", outcomes::add, () -> cleanups.add("a"));
    assertThat(outcome()).isEqualTo(new Outcome.Done<>("made"));
    NoClassDefFoundError fault = new NoClassDefFoundError("missing");
    threads.<String>run(
        () -> {
          throw fault;
        },
        outcomes::add,
        () -> cleanups.add("b"));
    assertThat(outcome()).isEqualTo(new Outcome.Threw<>(fault));
    assertThat(cleanups).containsExactly("a", "b");
  }

  @Test
  void aDeadlineIsToldOnceAndWhatTheTaskHoldsStaysUntilItEnds() throws Exception {
    PluginThreads threads = threads(1, SHORT);
    deaf(threads);
    assertThat(outcome()).isEqualTo(new Outcome.Late<>());
    assertThat(cleanups).isEmpty();
    release.countDown();
    assertThat(cleanups.poll(20, TimeUnit.SECONDS)).isEqualTo("deaf");
    threads.<String>run(() -> "next", outcomes::add, () -> {});
    assertThat(outcome()).isEqualTo(new Outcome.Done<>("next"));
  }

  @Test
  void aTaskThatGetsNoThreadInTimeIsNeverRun() throws Exception {
    PluginThreads threads = threads(1, SHORT);
    deaf(threads);
    threads.<String>run(() -> "never", outcomes::add, () -> cleanups.add("waiting"));
    assertThat(outcome()).isEqualTo(new Outcome.Late<>());
    assertThat(outcome()).isEqualTo(new Outcome.Late<>());
    assertThat(cleanups).containsExactly("waiting");
  }

  @Test
  void aFullQueueRefuses() throws Exception {
    PluginThreads threads = threads(1, LONG);
    for (int i = 0; i < 17; i++) {
      deaf(threads);
    }
    threads.<String>run(() -> "more", outcomes::add, () -> cleanups.add("more"));
    assertThat(outcome()).isEqualTo(new Outcome.Refused<>());
    assertThat(cleanups).containsExactly("more");
  }
}
