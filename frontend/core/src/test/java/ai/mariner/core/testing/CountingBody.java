package ai.mariner.core.testing;

import ai.mariner.core.message.Body;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A body that must be released exactly once and not be read after that. */
public final class CountingBody implements Body {
  private final byte[] bytes;
  private final @Nullable BodyLedger ledger;
  private int releases;

  /** A body of this text in UTF-8. */
  public CountingBody(String text) {
    this(text.getBytes(StandardCharsets.UTF_8), null);
  }

  /** A body whose shares are written into a ledger. */
  CountingBody(byte[] bytes, @Nullable BodyLedger ledger) {
    this.bytes = bytes;
    this.ledger = ledger;
  }

  @Override
  public int size() {
    return bytes.length;
  }

  @Override
  public synchronized ByteBuffer bytes() {
    if (releases > 0) {
      throw new AssertionError("a body is read after its release: " + this);
    }
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  @Override
  public synchronized void release() {
    if (++releases > 1) {
      throw new AssertionError("a body is released " + releases + " times: " + this);
    }
  }

  @Override
  public synchronized Body share() {
    if (releases > 0) {
      throw new AssertionError("a body is shared after its release: " + this);
    }
    return ledger == null ? new CountingBody(bytes, null) : ledger.body(bytes);
  }

  /** Whether it has been released, which happened exactly once then. */
  public synchronized boolean released() {
    return releases > 0;
  }

  @Override
  public String toString() {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
