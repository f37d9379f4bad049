package ai.mariner.core.model;

import org.jspecify.annotations.Nullable;

/**
 * A workflow's archive on disk.
 *
 * @param files its files; who holds this gives them back
 * @param name name in its manifest
 * @param handler file of its functions; absent: it has none
 * @param spec what it is made of
 */
public record WorkflowArchive(
    ModelArchive files, String name, @Nullable String handler, WorkflowSpec spec) {}
