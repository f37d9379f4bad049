package ai.mariner.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the model list, sorted by name.
 *
 * @param models rows
 * @param nextPageToken where the next page begins; absent: this is the last
 */
public record ModelPage(List<ModelSummary> models, @Nullable Integer nextPageToken) {}
