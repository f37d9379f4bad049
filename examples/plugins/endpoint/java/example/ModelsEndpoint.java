package example;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.pytorch.serve.servingsdk.Context;
import org.pytorch.serve.servingsdk.Model;
import org.pytorch.serve.servingsdk.ModelServerEndpoint;
import org.pytorch.serve.servingsdk.annotations.Endpoint;
import org.pytorch.serve.servingsdk.annotations.helpers.EndpointTypes;
import org.pytorch.serve.servingsdk.http.Request;
import org.pytorch.serve.servingsdk.http.Response;

/** {@code GET /model-names} lists the models on the inference listener; POST counts bytes. */
@Endpoint(
    urlPattern = "model-names",
    endpointType = EndpointTypes.INFERENCE,
    description = "Names of the models and how many of their workers run")
public class ModelsEndpoint extends ModelServerEndpoint {
  @Override
  public void doGet(Request request, Response response, Context context) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Model> model : new TreeMap<>(context.getModels()).entrySet()) {
      long running =
          model.getValue().getModelWorkers().stream().filter(worker -> worker.isRunning()).count();
      text.append(model.getKey()).append(": ").append(running).append('\n');
    }
    response.setContentType("text/plain");
    response.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void doPost(Request request, Response response, Context context) throws IOException {
    byte[] buffer = new byte[8192];
    long bytes = 0;
    int count;
    while ((count = request.getInputStream().read(buffer)) >= 0) {
      bytes += count;
    }
    response.setStatus(201, "Counted");
    response.addHeader("X-Bytes", Long.toString(bytes));
    response.getOutputStream().write(Long.toString(bytes).getBytes(StandardCharsets.UTF_8));
  }
}
