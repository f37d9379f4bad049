package ai.mariner.archive;

import ai.mariner.core.config.LimitsConfig;

/**
 * How much an archive may unpack to.
 *
 * @param maxBytes size of all files together
 * @param maxEntries files and folders
 * @param maxRatio unpacked bytes for each packed one, beyond the first {@code ratioFreeBytes}
 * @param ratioFreeBytes unpacked bytes that may have any ratio; small archives of zeros are common
 */
record UnpackLimits(long maxBytes, int maxEntries, int maxRatio, long ratioFreeBytes) {
  private static final int MAX_RATIO = 200;
  private static final long RATIO_FREE_BYTES = 16L << 20;

  static UnpackLimits of(LimitsConfig limits) {
    return new UnpackLimits(
        limits.maxArchiveBytes(), limits.maxArchiveEntries(), MAX_RATIO, RATIO_FREE_BYTES);
  }
}
