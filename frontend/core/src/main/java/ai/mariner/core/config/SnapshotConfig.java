package ai.mariner.core.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of snapshots of the configuration and the models.
 *
 * @param written whether they are
 * @param folder where they lie
 * @param kept how many of the newest are kept
 * @param properties the configuration that stands in them: keys and texts
 * @param restored the models to load at start in place of all others; absent: no snapshot is
 *     restored
 */
public record SnapshotConfig(
    boolean written,
    Path folder,
    int kept,
    Map<String, String> properties,
    @Nullable List<RestoredModel> restored) {}
