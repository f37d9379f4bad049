package ai.mariner.core.cache;

import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.message.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers that may be given again, bounded by bytes and by time; the least recently given goes
 * first. Pure: no clock, no threads.
 */
final class KeptAnswers {
  /** What an answer takes beside its texts and bytes: key, entry, objects. */
  private static final long ENTRY_BYTES = 256;

  private static final float LOAD_FACTOR = 0.75f;
  private static final int INITIAL_ENTRIES = 16;

  /** One answer may take this part of the room. */
  private static final int SHARE = 8;

  private final long maxBytes;
  private final long lifeNanos;
  private final Map<AnswerKey, Kept> answers =
      new LinkedHashMap<>(INITIAL_ENTRIES, LOAD_FACTOR, true);
  private long bytes;

  /**
   * An answer that is kept.
   *
   * @param reply its body is in the heap
   * @param untilNanos when it becomes too old
   * @param bytes what it takes
   */
  private record Kept(Reply reply, long untilNanos, long bytes) {}

  KeptAnswers(CacheLimits limits) {
    this.maxBytes = limits.maxBytes();
    this.lifeNanos = limits.timeToLive().toNanos();
  }

  /** Whether a body of this size may be hashed or kept. */
  boolean takes(long bodyBytes) {
    return bodyBytes <= maxBytes / SHARE;
  }

  /** The answer that is kept under a key; absent: none that is young enough. */
  @Nullable Reply get(AnswerKey key, long nowNanos) {
    Kept kept = answers.get(key);
    if (kept == null) {
      return null;
    }
    if (kept.untilNanos() - nowNanos <= 0) {
      answers.remove(key);
      bytes -= kept.bytes();
      return null;
    }
    return kept.reply();
  }

  /** Keeps an answer whose body is in the heap, unless it is too large. */
  void put(AnswerKey key, Reply reply, long nowNanos) {
    long size = sizeOf(reply);
    if (!takes(size)) {
      return;
    }
    Kept before = answers.put(key, new Kept(reply, nowNanos + lifeNanos, size));
    bytes += size - (before == null ? 0 : before.bytes());
    Iterator<Kept> oldest = answers.values().iterator();
    while (bytes > maxBytes) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** Bytes in use. */
  long bytes() {
    return bytes;
  }

  private static long sizeOf(Reply reply) {
    long size =
        ENTRY_BYTES + reply.body().size() + size(reply.reason()) + size(reply.contentType());
    for (Reply.Header header : reply.headers()) {
      size += size(header.name()) + size(header.value());
    }
    return size;
  }

  private static long size(@Nullable String text) {
    return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }
}
