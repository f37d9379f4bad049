package ai.mariner.core.model;

import java.util.List;

/**
 * A swap that went well.
 *
 * @param name registered name
 * @param from version that was the default
 * @param to version that is the default
 * @param workers ready workers of the new version
 * @param oldKept whether the old version is still registered
 * @param steps what was done, in order
 */
public record SwapResult(
    String name, String from, String to, int workers, boolean oldKept, List<SwapStep> steps) {}
