package ai.mariner.core.config;

import ai.mariner.core.message.ModelKey;
import org.jspecify.annotations.Nullable;

/**
 * A model version as a snapshot has it.
 *
 * @param key name and version
 * @param location file or folder in the store, or an address
 * @param handler overrides the manifest's
 * @param runtime overrides the manifest's
 * @param options what it had when the snapshot was taken
 * @param entry its text in the snapshot
 */
public record RestoredModel(
    ModelKey key,
    String location,
    @Nullable String handler,
    @Nullable String runtime,
    ModelOverrides options,
    String entry) {}
