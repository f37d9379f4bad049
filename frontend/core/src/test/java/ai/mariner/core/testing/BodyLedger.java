package ai.mariner.core.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Makes bodies and remembers them, to see in the end that each was released exactly once. */
public final class BodyLedger {
  private final List<CountingBody> open = new CopyOnWriteArrayList<>();

  /** A new body of this text. */
  public CountingBody body(String text) {
    CountingBody body = new CountingBody(text);
    open.add(body);
    return body;
  }

  /** Bodies that nobody has released. */
  public List<CountingBody> unreleased() {
    open.removeIf(CountingBody::released);
    return List.copyOf(open);
  }
}
