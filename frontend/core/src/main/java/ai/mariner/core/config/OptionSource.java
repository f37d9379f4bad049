package ai.mariner.core.config;

/** Where options of a model are written. */
public enum OptionSource {
  /** Parameters of a registration or a swap, in snake case. */
  REQUEST,
  /** The archive's {@code model-config.yaml}. */
  ARCHIVE,
  /** The {@code models} JSON of the configuration. */
  MODELS_JSON
}
