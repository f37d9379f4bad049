package ai.mariner.worker.link;

import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Processes that were started on one loop, by worker number and rank. Touched only on that loop.
 */
final class ExpectedWorkers {
  /** The rank of a process that is no part of a group. */
  private static final String ALONE = "0";

  /** In place of a rank: torchrun, which tells how a rank ended. */
  static final String AGENT = "agent";

  private final Map<String, Expected> byName = new HashMap<>();

  /** One started process, or who reports of a group of them. */
  static final class Expected {
    private final String generation;
    private final String nonce;
    private final WorkerEvents events;
    private final Consumer<Map<String, String>> report;
    private final boolean reports;
    private boolean claimed;
    private @Nullable Channel channel;
    private @Nullable ProcessExit exit;

    Expected(String generation, String nonce, WorkerEvents events) {
      this.generation = generation;
      this.nonce = nonce;
      this.events = events;
      this.report = hello -> {};
      this.reports = false;
    }

    /**
     * One that opens no connection.
     *
     * @param events never told anything
     * @param report takes its HELLO
     */
    Expected(
        String generation,
        String nonce,
        WorkerEvents events,
        Consumer<Map<String, String>> report) {
      this.generation = generation;
      this.nonce = nonce;
      this.events = events;
      this.report = report;
      this.reports = true;
    }

    /** Takes a HELLO that is all that there is to be said; false: it opens a connection. */
    boolean takes(Map<String, String> hello) {
      report.accept(hello);
      return reports;
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

  /** Expects a process that is no part of a group. */
  void add(int workerId, Expected worker) {
    add(workerId, ALONE, worker);
  }

  /** Expects a part of a group. */
  void add(int workerId, String rank, Expected worker) {
    byName.put(name(Integer.toString(workerId), rank), worker);
  }

  /** Forgets a process that is no part of a group, unless a later one has taken its place. */
  void remove(int workerId, Expected worker) {
    remove(workerId, ALONE, worker);
  }

  /** Forgets a part of a group, unless a later one has taken its place. */
  void remove(int workerId, String rank, Expected worker) {
    byName.remove(name(Integer.toString(workerId), rank), worker);
  }

  private static String name(String worker, String rank) {
    return worker + '/' + rank;
  }

  /** The process that a HELLO belongs to, once; {@code null} if it proves nothing. */
  @Nullable Expected claim(Map<String, String> hello) {
    String name = name(hello.getOrDefault("worker", ""), hello.getOrDefault("rank", ALONE));
    Expected worker = byName.get(name);
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
