package ai.mariner.core.model;

/**
 * A workflow's or an application's archive on disk.
 *
 * @param files its files; who holds this gives them back
 * @param name its own name
 * @param content what it is made of
 */
public record WorkflowArchive(ModelArchive files, String name, WorkflowContent content) {}
