package ai.mariner.core.model;

import java.util.List;

/**
 * Whether requests would be served.
 *
 * @param ready every model that must be up has at least its minimum of ready workers, and the
 *     server is not shutting down
 * @param firstLoad not ready, but only because models are still within the {@code startupTimeout}
 *     of their first load
 * @param reasons what is missing, one line a model
 */
public record Health(boolean ready, boolean firstLoad, List<String> reasons) {}
