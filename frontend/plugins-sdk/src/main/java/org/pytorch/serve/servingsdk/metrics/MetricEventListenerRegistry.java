package org.pytorch.serve.servingsdk.metrics;

/** Brings listeners and their source together. */
public abstract class MetricEventListenerRegistry {
  /** Makes a registry. */
  public MetricEventListenerRegistry() {}

  /** Adds the listeners to a source. */
  public void register(MetricEventPublisher publisher) {
    throw new MetricPluginException(getClass().getName() + " registers no listener");
  }
}
