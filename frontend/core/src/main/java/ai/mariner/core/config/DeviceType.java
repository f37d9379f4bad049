package ai.mariner.core.config;

/** Kind of device that a model asks for. */
public enum DeviceType {
  /** Only the processor. */
  CPU,
  /** An accelerator if there is one, else the processor. */
  GPU
}
