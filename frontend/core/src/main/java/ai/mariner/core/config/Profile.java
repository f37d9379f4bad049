package ai.mariner.core.config;

/**
 * The manners of a command: the product's own, or those of the server it stands in for. One row of
 * the table for each difference; {@code COMPATIBILITY.md} has the reasons.
 */
public enum Profile {
  /** The {@code mariner} command. */
  MARINER(
      false,
      true,
      false,
      true,
      false,
      "",
      "prometheus",
      true,
      false,
      false,
      true,
      "60",
      false,
      false,
      true),
  /** The drop-in {@code torchserve} command. */
  TORCHSERVE(
      true,
      false,
      true,
      false,
      true,
      "file://.*|http(s)?://.*",
      "log",
      false,
      true,
      true,
      false,
      "0",
      true,
      true,
      false);

  private final boolean tokenAuthorization;
  private final boolean modelApi;
  private final boolean openListeners;
  private final boolean unknownKeysFail;
  private final boolean lenientModelsJson;
  private final String allowedUrls;
  private final String metricsMode;
  private final boolean metricsAutoDetect;
  private final boolean legacyStatuses;
  private final boolean unknownSequencesBegin;
  private final boolean untimelyCertificatesFail;
  private final String tokenRotationGrace;
  private final boolean snapshots;
  private final boolean pluginsShadow;
  private final boolean optionsTellTensors;

  Profile(
      boolean tokenAuthorization,
      boolean modelApi,
      boolean openListeners,
      boolean unknownKeysFail,
      boolean lenientModelsJson,
      String allowedUrls,
      String metricsMode,
      boolean metricsAutoDetect,
      boolean legacyStatuses,
      boolean unknownSequencesBegin,
      boolean untimelyCertificatesFail,
      String tokenRotationGrace,
      boolean snapshots,
      boolean pluginsShadow,
      boolean optionsTellTensors) {
    this.tokenAuthorization = tokenAuthorization;
    this.modelApi = modelApi;
    this.openListeners = openListeners;
    this.unknownKeysFail = unknownKeysFail;
    this.lenientModelsJson = lenientModelsJson;
    this.allowedUrls = allowedUrls;
    this.metricsMode = metricsMode;
    this.metricsAutoDetect = metricsAutoDetect;
    this.legacyStatuses = legacyStatuses;
    this.unknownSequencesBegin = unknownSequencesBegin;
    this.untimelyCertificatesFail = untimelyCertificatesFail;
    this.tokenRotationGrace = tokenRotationGrace;
    this.snapshots = snapshots;
    this.pluginsShadow = pluginsShadow;
    this.optionsTellTensors = optionsTellTensors;
  }

  /** Whether a token is asked for when the configuration doesn't say. */
  public boolean tokenAuthorization() {
    return tokenAuthorization;
  }

  /** Whether models can be registered and unregistered when the configuration doesn't say. */
  public boolean modelApi() {
    return modelApi;
  }

  /**
   * Whether a listener off loopback without token or TLS is allowed (with a warning) instead of
   * refused.
   */
  public boolean openListeners() {
    return openListeners;
  }

  /**
   * Whether an unknown key, parameter or option, and what applies to nothing, is an error instead
   * of a warning.
   */
  public boolean unknownKeysFail() {
    return unknownKeysFail;
  }

  /**
   * Whether the {@code models} JSON may be written as TorchServe takes it (comments, single quotes,
   * {@code True}, {@code "4"}), with a warning.
   */
  public boolean lenientModelsJson() {
    return lenientModelsJson;
  }

  /**
   * Default of {@code allowed_urls}: alternatives of regular expressions; empty: the store only.
   */
  public String allowedUrls() {
    return allowedUrls;
  }

  /** Default of {@code metrics_mode}. */
  public String metricsMode() {
    return metricsMode;
  }

  /** Default of {@code model_metrics_auto_detect}. */
  public boolean metricsAutoDetect() {
    return metricsAutoDetect;
  }

  /**
   * Whether handler failures and time-outs have TorchServe's statuses (503, 500) instead of 500 and
   * 504, and {@code /ping} is healthy during a first load.
   */
  public boolean legacyStatuses() {
    return legacyStatuses;
  }

  /**
   * Whether a request with a sequence id that is not known begins a sequence though it does not say
   * so, instead of being refused.
   */
  public boolean unknownSequencesBegin() {
    return unknownSequencesBegin;
  }

  /**
   * Whether a server doesn't start with a certificate that has expired or is not valid yet, instead
   * of starting with a warning.
   */
  public boolean untimelyCertificatesFail() {
    return untimelyCertificatesFail;
  }

  /** Default of {@code token_rotation_grace} in seconds. */
  public String tokenRotationGrace() {
    return tokenRotationGrace;
  }

  /**
   * Whether snapshots are written when the configuration doesn't say, and a start that names no
   * configuration file restores the last one.
   */
  public boolean snapshots() {
    return snapshots;
  }

  /** Whether a plugin may serve a path of the server (with a warning) instead of being refused. */
  public boolean pluginsShadow() {
    return pluginsShadow;
  }

  /** Whether {@code OPTIONS /predictions/M} also has the call of the model's tensors. */
  public boolean optionsTellTensors() {
    return optionsTellTensors;
  }
}
