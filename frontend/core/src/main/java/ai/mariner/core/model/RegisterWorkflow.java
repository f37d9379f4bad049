package ai.mariner.core.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An order to register a workflow.
 *
 * @param location name in the store, folder, or address
 * @param name registered name; absent: the manifest's
 * @param responseTimeout longest run of each node; absent: the node's own
 * @param startupTimeout longest load of each node; absent: the node's own
 */
public record RegisterWorkflow(
    String location,
    @Nullable String name,
    @Nullable Duration responseTimeout,
    @Nullable Duration startupTimeout) {}
