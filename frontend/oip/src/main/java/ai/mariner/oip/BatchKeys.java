package ai.mariner.oip;

import java.util.concurrent.ConcurrentHashMap;

/**
 * The keys of a model's requests, one object for all that are equal, so that they can be compared
 * by identity. Clients choose shapes, so only so many are kept; after that equal requests may have
 * different keys for a while, and run apart. Thread-safe.
 */
public final class BatchKeys {
  private static final int MOST = 1024;

  private final ConcurrentHashMap<BatchKey, BatchKey> keys = new ConcurrentHashMap<>();

  /** Makes an empty set of keys. */
  public BatchKeys() {}

  /** The key of a request. */
  public BatchKey of(InferMessage request) {
    BatchKey key = BatchKey.of(request);
    if (keys.size() >= MOST) {
      keys.clear();
    }
    BatchKey known = keys.putIfAbsent(key, key);
    return known == null ? key : known;
  }
}
