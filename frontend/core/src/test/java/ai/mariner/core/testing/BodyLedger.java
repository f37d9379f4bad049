package ai.mariner.core.testing;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Makes bodies and remembers them, to see in the end that each was released exactly once. */
public final class BodyLedger {
  private final List<CountingBody> open = new CopyOnWriteArrayList<>();

  /** A new body of this text. */
  public CountingBody body(String text) {
    return body(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A new body of these bytes. */
  CountingBody body(byte[] bytes) {
    CountingBody body = new CountingBody(bytes, this);
    open.add(body);
    return body;
  }

  /** Bodies that nobody has released. */
  public List<CountingBody> unreleased() {
    open.removeIf(CountingBody::released);
    return List.copyOf(open);
  }
}
