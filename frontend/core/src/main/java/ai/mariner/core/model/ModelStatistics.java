package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelCounts;

/**
 * What a model version has done.
 *
 * @param key name and version
 * @param counts since it was registered
 */
public record ModelStatistics(ModelKey key, ModelCounts counts) {}
