package ai.mariner.archive;

/** Counts what one archive unpacks to and stops it at a limit. Not thread-safe. */
final class UnpackBudget {
  private final UnpackLimits limits;
  private final long ratioBytes;
  private long bytes;
  private int entries;

  /**
   * Starts to count.
   *
   * @param limits limits
   * @param packedBytes size of the archive file
   */
  UnpackBudget(UnpackLimits limits, long packedBytes) {
    this.limits = limits;
    long allowed = Math.max(1, packedBytes) * limits.maxRatio();
    this.ratioBytes = Math.max(limits.ratioFreeBytes(), allowed);
  }

  /** Counts bytes that came out of the archive. */
  void addBytes(long count) {
    bytes += count;
    if (bytes > limits.maxBytes()) {
      throw Refusals.invalid(
          "Archive unpacks to more than "
              + limits.maxBytes()
              + " bytes (expected: at most that, max_archive_size)");
    }
    if (bytes > ratioBytes) {
      throw Refusals.invalid(
          "Archive unpacks to more than "
              + limits.maxRatio()
              + " times its size (expected: a compression ratio of at most that)");
    }
  }

  /** Counts a file or folder. */
  void addEntry() {
    if (++entries > limits.maxEntries()) {
      throw tooMany(limits.maxEntries());
    }
  }

  int maxEntries() {
    return limits.maxEntries();
  }

  static RuntimeException tooMany(int maxEntries) {
    return Refusals.invalid(
        "Archive has more than "
            + maxEntries
            + " files and folders (expected: at most that, max_archive_entries)");
  }
}
