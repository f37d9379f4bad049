package ai.mariner.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is measured and where it goes.
 *
 * @param mode whether metrics are logged as well
 * @param file the metrics file, which workers read too; absent: the built-in declarations
 * @param ofServer the server's metrics that the file names; absent: all
 * @param ofModels the declared metrics of models
 * @param autoDetect whether a model's metric needs no declaration
 * @param maxSeries most series of one model version's own metrics
 * @param logInterval how often the metrics of the server are logged, in modes that log
 * @param systemInterval how often the system is measured; absent: never
 * @param systemCommand program that measures the system; absent: the server does
 */
public record MetricsConfig(
    MetricsMode mode,
    @Nullable Path file,
    @Nullable List<DeclaredMetric> ofServer,
    List<DeclaredMetric> ofModels,
    boolean autoDetect,
    int maxSeries,
    Duration logInterval,
    @Nullable Duration systemInterval,
    @Nullable String systemCommand) {}
