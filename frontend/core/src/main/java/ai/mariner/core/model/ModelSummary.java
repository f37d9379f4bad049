package ai.mariner.core.model;

/**
 * A row of the model list.
 *
 * @param name model name
 * @param location as the default version's was given at registration
 */
public record ModelSummary(String name, String location) {}
