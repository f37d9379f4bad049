package ai.mariner.worker.link;

import ai.mariner.core.worker.ProcessExit;
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
    private @Nullable ProcessExit exit;

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

    /** Its connection, or {@code null} if there is none or its end has been told. */
    @Nullable Channel channel() {
      return channel;
    }

    /** Tells the end of its connection, and then that of its process if that came first. */
    void disconnected(String reason) {
      channel = null;
      events.disconnected(reason);
      ProcessExit ended = exit;
      if (ended != null) {
        events.exited(ended);
      }
    }

    /** Tells the end of its process, but not before that of its connection. */
    void exited(ProcessExit ended) {
      if (channel == null) {
        events.exited(ended);
      } else {
        exit = ended;
      }
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
