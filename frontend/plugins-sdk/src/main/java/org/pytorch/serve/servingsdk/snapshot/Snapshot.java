package org.pytorch.serve.servingsdk.snapshot;

import com.google.gson.JsonObject;
import java.util.Map;

/** The models of a server at one time. */
public class Snapshot {
  // Names and order are those of the JSON that Gson makes of it.
  private String name;
  private int modelCount;
  private long created;
  private Map<String, Map<String, JsonObject>> models;

  /** Makes a snapshot of now. */
  public Snapshot(String snapshotName, int modelCount) {
    this.name = snapshotName;
    this.modelCount = modelCount;
    this.created = System.currentTimeMillis();
  }

  /** Its name. */
  public String getName() {
    return name;
  }

  /** Sets its name. */
  public void setName(String snapshotName) {
    this.name = snapshotName;
  }

  /** What is known of each version, by model and version. */
  public Map<String, Map<String, JsonObject>> getModels() {
    return models;
  }

  /** Sets what is known of each version. */
  public void setModels(Map<String, Map<String, JsonObject>> models) {
    this.models = models;
  }

  /** When it was taken, in milliseconds since 1970. */
  public long getCreated() {
    return created;
  }

  /** Sets when it was taken. */
  public void setCreated(long created) {
    this.created = created;
  }

  /** Number of versions of all models. */
  public int getModelCount() {
    return modelCount;
  }

  /** Sets the number of versions. */
  public void setModelCount(int modelCount) {
    this.modelCount = modelCount;
  }

  @Override
  public String toString() {
    return "Snapshot [name=" + name + ", created=" + created + ", models=" + models + ']';
  }
}
