package dev.softpick.examples.service;

import dev.softpick.kernels.BackendInfo;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Tensor;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.annotation.PreDestroy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Calls of the model, each counted and timed: {@code softpick.call} by operation, weight format and backend.
 *
 * <p>They run on as many platform threads as there are processors, and the virtual threads of their requests wait. On
 * those themselves, calls would keep every carrier to their end: probes and new requests would not get through.
 */
@Component
class Calls {

    private final ExecutorService processors =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());

    private final SoftpickTransformer model;
    private final Timer predictions;
    private final Timer steps;

    Calls(SoftpickTransformer model, MeterRegistry registry) {
        this.model = model;
        predictions = timer("predict", registry);
        steps = timer("step", registry);
    }

    private Timer timer(String operation, MeterRegistry registry) {
        BackendInfo backend = BackendInfo.current();
        return Timer.builder("softpick.call")
                .description("Calls of the model")
                .tag("operation", operation)
                .tag("format", model.config().weightFormat().id())
                .tag("backend", backend.name())
                .tag("width", Integer.toString(backend.width()))
                .register(registry);
    }

    /** Logits where the model has a classifier head, else the hidden state. */
    Tensor predict(Tensor x) {
        return run(predictions, () -> model.hasClassifier() ? model.logits(x) : model.forward(x));
    }

    /** The hidden state at each of the frames, {@code [frames, hidden]}. */
    Tensor step(StreamingSession session, Tensor frames) {
        int embed = model.config().embedDim();
        if (frames.rank() != 2 || frames.size(0) < 1 || frames.size(1) != embed) {
            throw new IllegalArgumentException("frames is " + frames + "; allowed is [frames, " + embed + "]");
        }
        return run(steps, () -> {
            Tensor y = Tensor.zeros(frames.size(0), model.outputSize());
            session.step(frames.values(), frames.size(0), y.values());
            return y;
        });
    }

    private Tensor run(Timer timer, Supplier<Tensor> call) {
        try {
            return CompletableFuture.supplyAsync(() -> timer.record(call), processors).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException wrong) {
                throw wrong;
            }
            throw e;
        }
    }

    @PreDestroy
    void close() {
        processors.close();
    }
}
