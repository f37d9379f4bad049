package ai.mariner.server.logging;

import ai.mariner.core.metrics.AccessLog;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access log: lines wait in a bounded queue, a thread of its own formats and writes them. When
 * the disk can't keep up, lines are dropped and their number is logged; a caller never waits.
 */
public final class AccessLogFile implements AccessLog, AutoCloseable {
  /** Name of the logger that the lines go to. */
  static final String LOGGER = "ACCESS_LOG";

  private static final Logger log = LoggerFactory.getLogger(AccessLogFile.class);
  private static final int DEFAULT_CAPACITY = 32_768;

  /** The writer looks by itself; waking it for every line would cost the caller a system call. */
  private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

  private static final long REPORT_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final Queue<Entry> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder dropped = new LongAdder();
  private final int capacity;
  private final Consumer<String> lines;
  private final Runnable flush;
  private final Thread writer;
  private volatile boolean closed;
  private long reported;
  private long lastReportNanos = System.nanoTime() - REPORT_INTERVAL_NANOS;

  /** A running access log over the logger {@code ACCESS_LOG}. */
  public AccessLogFile() {
    this(LoggerFactory.getLogger(LOGGER)::info, () -> ServerLogs.flush(LOGGER), DEFAULT_CAPACITY);
  }

  /**
   * A running access log.
   *
   * @param lines takes the finished lines, on the log's own thread
   * @param flush called after the last of the lines that waited together: one system call for all
   *     of them is a tenth of the cost
   * @param capacity most lines that wait
   */
  AccessLogFile(Consumer<String> lines, Runnable flush, int capacity) {
    this.lines = lines;
    this.flush = flush;
    this.capacity = capacity;
    writer = new Thread(this::write, "access-log");
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  public void line(String remote, String requestLine, int status, long millis) {
    if (closed || waiting.incrementAndGet() > capacity) {
      waiting.decrementAndGet();
      dropped.increment();
      return;
    }
    queue.add(new Entry(remote, requestLine, status, millis));
  }

  /** Number of lines that were not written for want of room. */
  public long dropped() {
    return dropped.sum();
  }

  /** Writes what waits and stops. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(writer);
    try {
      writer.join(CLOSE_LIMIT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    while (true) {
      boolean last = closed;
      Entry entry = queue.poll();
      if (entry != null) {
        for (; entry != null; entry = queue.poll()) {
          waiting.decrementAndGet();
          writeOne(entry);
        }
        flushAll();
      }
      reportDropped(last);
      if (last) {
        return;
      }
      LockSupport.parkNanos(this, PAUSE_NANOS);
    }
  }

  private void writeOne(Entry entry) {
    try {
      lines.accept(entry.text());
    } catch (RuntimeException e) {
      // The log itself fails, so there is nowhere to say it; the count says that lines are missing.
      dropped.increment();
    }
  }

  private void flushAll() {
    try {
      flush.run();
    } catch (RuntimeException e) {
      // As above; what was buffered is tried again with the next lines.
      dropped.increment();
    }
  }

  private void reportDropped(boolean last) {
    long now = System.nanoTime();
    long sum = dropped.sum();
    if (sum > reported && (last || now - lastReportNanos >= REPORT_INTERVAL_NANOS)) {
      log.warn(
          "{} lines of the access log were dropped because they came faster than they could be"
              + " written",
          sum - reported);
      reported = sum;
      lastReportNanos = now;
    }
  }

  private record Entry(String remote, String requestLine, int status, long millis) {
    String text() {
      String from = remote.startsWith("/") ? remote : "/" + remote;
      return from + " \"" + oneLine(requestLine) + "\" " + status + ' ' + millis;
    }

    /** A client must not be able to forge lines. */
    private static String oneLine(String text) {
      for (int i = 0; i < text.length(); i++) {
        if (Character.isISOControl(text.charAt(i))) {
          return text.replaceAll("\\p{Cntrl}", "?");
        }
      }
      return text;
    }
  }
}
