package ai.mariner.core.model;

import java.util.List;

/**
 * A registered workflow as it is shown.
 *
 * @param name registered name
 * @param location its archive's location as it was given
 * @param steps its nodes, each after its inputs
 */
public record WorkflowStatus(String name, String location, List<WorkflowSpec.Step> steps) {}
