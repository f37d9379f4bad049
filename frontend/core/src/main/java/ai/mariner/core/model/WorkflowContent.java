package ai.mariner.core.model;

/** What the archive of a workflow holds: the graph of one, or a whole application. */
public sealed interface WorkflowContent permits WorkflowSpec, ApplicationArchive {}
