package ai.mariner.core.model;

import ai.mariner.core.message.ModelRef;

/**
 * An order to change the number of workers.
 *
 * @param model which model
 * @param minWorkers workers that are kept alive, 0 or more
 * @param maxWorkers upper bound, at least {@code minWorkers}
 * @param completion when the call is answered
 */
public record ScaleModel(ModelRef model, int minWorkers, int maxWorkers, Completion completion) {}
