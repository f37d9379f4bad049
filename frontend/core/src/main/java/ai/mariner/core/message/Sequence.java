package ai.mariner.core.message;

/**
 * A request's place in a stateful sequence.
 *
 * @param id sequence id
 * @param start whether the request begins the sequence
 * @param end whether the request ends the sequence
 */
public record Sequence(String id, boolean start, boolean end) {}
