package org.pytorch.serve.servingsdk.metrics;

/** Names of dimensions. */
public class DimensionRegistry {
  /** What a metric is measured of. */
  public static final String LEVEL = "Level";

  /** Name of a model. */
  public static final String MODELNAME = "ModelName";

  /** Version of a model. */
  public static final String MODELVERSION = "ModelVersion";

  /** Name of a worker. */
  public static final String WORKERNAME = "WorkerName";

  /** Makes a registry. */
  public DimensionRegistry() {}

  /** Values of {@link DimensionRegistry#LEVEL}. */
  public static class LevelRegistry {
    /** A model. */
    public static final String MODEL = "Model";

    /** A host. */
    public static final String HOST = "Host";

    /** A worker. */
    public static final String WORKER = "Worker";

    /** Makes a registry. */
    public LevelRegistry() {}
  }
}
