package ai.mariner.worker.link;

import ai.mariner.core.worker.WorkerEvents;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Processes that were started on one loop, by worker number. Touched only on that loop. */
final class ExpectedWorkers {
  private final Map<String, Expected> byWorker = new HashMap<>();

  /** One started process. */
  static final class Expected {
    private final String generation;
    private final String nonce;
    private final WorkerEvents events;
    private boolean claimed;
    private @Nullable Channel channel;

    Expected(String generation, String nonce, WorkerEvents events) {
      this.generation = generation;
      this.nonce = nonce;
      this.events = events;
    }

    WorkerEvents events() {
      return events;
    }

    void connected(Channel newChannel) {
      channel = newChannel;
    }

    /** Its connection, or {@code null} if it never made one. */
    @Nullable Channel channel() {
      return channel;
    }
  }

  void add(int workerId, Expected worker) {
    byWorker.put(Integer.toString(workerId), worker);
  }

  /** Forgets a process, unless a later one has taken its place. */
  void remove(int workerId, Expected worker) {
    byWorker.remove(Integer.toString(workerId), worker);
  }

  /** The process that a HELLO belongs to, once; {@code null} if it proves nothing. */
  @Nullable Expected claim(Map<String, String> hello) {
    Expected worker = byWorker.get(hello.getOrDefault("worker", ""));
    if (worker == null
        || worker.claimed
        || !"1".equals(hello.get("protocol"))
        || !worker.generation.equals(hello.get("generation"))
        || !sameSecret(worker.nonce, hello.getOrDefault("nonce", ""))) {
      return null;
    }
    worker.claimed = true;
    return worker;
  }

  private static boolean sameSecret(String expected, String given) {
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }
}
