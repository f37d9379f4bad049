package ai.mariner.core.process;

/**
 * One process of a worker, told apart from those before and after it.
 *
 * @param worker number of the worker
 * @param generation how many processes the worker has had, with this one
 */
public record ProcessKey(int worker, int generation) {}
