package ai.mariner.sdk;

/**
 * Decides how batches are formed, for models that name it in {@code batchPlugin}.
 *
 * <p>An implementation is a public class with a public constructor without parameters. It is a pure
 * function: it answers from what it is told, keeps nothing that a lock would be needed for (models
 * are asked about on several threads at once) and never waits, since it runs on the event loop. For
 * a model where it throws, takes more than a millisecond again and again, or answers nonsense, the
 * model's own {@code batchPolicy} takes its place until the server ends; the log says why. Nonsense
 * is {@code null}, a batch of no request or above the batch size, a wait of less than a nanosecond
 * or more than a minute, and a wait while the first request has waited for a minute.
 *
 * <p>Descriptions, requests of sequences and those that run again after a worker was lost are not
 * asked about.
 */
public interface BatchingPolicy {
  /** The word by which models name it; read once, at the start. */
  String name();

  /**
   * Decides what a worker that is free takes.
   *
   * @param queue at least one request waits
   */
  BatchChoice choose(QueueView queue);
}
