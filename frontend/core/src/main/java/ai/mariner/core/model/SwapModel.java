package ai.mariner.core.model;

import org.jspecify.annotations.Nullable;

/**
 * An order to replace the default version of a model without losing a request. Exactly one of
 * {@code archive} and {@code version} is given.
 *
 * @param name registered name
 * @param archive what to register and switch to; its own name does not matter. The workers are
 *     those of the old version unless it says {@code initialWorkers}
 * @param version a version that is registered already
 * @param keepOld whether the old version stays registered
 */
public record SwapModel(
    String name, @Nullable RegisterModel archive, @Nullable String version, boolean keepOld) {}
