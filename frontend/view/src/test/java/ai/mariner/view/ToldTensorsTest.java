package ai.mariner.view;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToldTensorsTest {
  @Test
  void readsNamesTypesAndShapes() {
    Signature told =
        ToldTensors.read(
            "{\"tensors\": {\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [-1,"
                + " 4]}], \"outputs\": [], \"batches\": false}}");
    assertThat(told)
        .isEqualTo(
            new Signature(
                List.of(new TensorSpec("x", Datatype.FP32, List.of(-1L, 4L), false)),
                List.of(),
                false,
                true));
  }

  @Test
  void whatBindsIsNotOnlyShown() {
    Signature told =
        ToldTensors.read(
            "{\"tensors\": {\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [],"
                + " \"optional\": true}], \"binding\": true}}");
    TensorSpec x = new TensorSpec("x", Datatype.FP32, List.of(), true);
    assertThat(Signature.enforced(told)).isEqualTo(new Signature(List.of(x), List.of(), true));
  }

  @Test
  void whatIsNotThereIsNothing() {
    assertThat(ToldTensors.read(null)).isNull();
    assertThat(ToldTensors.read("{}")).isNull();
    assertThat(ToldTensors.read("no JSON")).isNull();
  }

  @Test
  void unknownTypesAreLeftOut() {
    Signature told =
        ToldTensors.read("{\"tensors\": {\"inputs\": [{\"name\": \"x\", \"datatype\": \"?\"}]}}");
    assertThat(told).isEqualTo(new Signature(List.of(), List.of(), true, true));
  }
}
