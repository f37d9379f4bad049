/**
 * The core's metrics as Prometheus series: TorchServe's names, and the product's own histograms.
 * What happens for each request touches only adders that were looked up when the model was
 * registered.
 *
 * <p>Starting points: {@link ai.mariner.server.metrics.PrometheusMetrics}.
 */
@NullMarked
package ai.mariner.server.metrics;

import org.jspecify.annotations.NullMarked;
