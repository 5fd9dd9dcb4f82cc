package dev.softpick.examples.service;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Tensor;
import dev.softpick.model.Window;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.http.HttpStatus;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** Streams by id, each for one request at a time; one that nobody has fed for a while is gone. */
@Component
class Sessions {

    /** One stream; its lock lets requests for it wait for each other. */
    private static final class Entry {
        final StreamingSession session;
        Instant expires;
        boolean closed;

        Entry(StreamingSession session, Instant expires) {
            this.session = session;
            this.expires = expires;
        }

        synchronized boolean closeIf(boolean always) {
            if (!closed && (always || expires.isBefore(Instant.now()))) {
                session.close();
                closed = true;
            }
            return closed;
        }
    }

    /**
     * What a caller is told of one.
     *
     * @param position how many frames it has taken
     */
    record Status(String id, Window window, long position, Instant expires) {}

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final SoftpickTransformer model;
    private final Calls calls;
    private final Duration expiry;
    private final int most;

    Sessions(SoftpickTransformer model, Calls calls, ServiceOptions options, MeterRegistry registry) {
        this.model = model;
        this.calls = calls;
        expiry = options.sessionExpiry();
        most = options.mostSessions();
        registry.gaugeMapSize("softpick.sessions", List.of(), entries);
    }

    Status open(Window window) {
        if (window == Window.UNBOUNDED) {
            throw new IllegalArgumentException("window is UNBOUNDED, whose memory grows; allowed are EXACT, SLIDING");
        }
        if (entries.size() >= most) {
            throw new ResponseStatusException(HttpStatus.TOO_MANY_REQUESTS, most + " sessions are open");
        }
        String id = UUID.randomUUID().toString();
        Entry entry = new Entry(newSession(window), Instant.now().plus(expiry));
        entries.put(id, entry);
        return status(id, entry);
    }

    private StreamingSession newSession(Window window) {
        try {
            return model.newSession(window);
        } catch (IllegalStateException e) {
            // The model averages over a window: it has no answer for one frame.
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage());
        }
    }

    Tensor step(String id, Tensor frames) {
        Entry entry = find(id);
        synchronized (entry) {
            if (entry.closeIf(false)) {
                throw unknown(id);
            }
            Tensor y = calls.step(entry.session, frames);
            entry.expires = Instant.now().plus(expiry);
            return y;
        }
    }

    Status status(String id) {
        return status(id, find(id));
    }

    private Status status(String id, Entry entry) {
        synchronized (entry) {
            if (entry.closeIf(false)) {
                throw unknown(id);
            }
            return new Status(id, entry.session.window(), entry.session.position(), entry.expires);
        }
    }

    void close(String id) {
        find(id).closeIf(true);
        entries.remove(id);
    }

    @Scheduled(fixedDelay = 1_000)
    void sweep() {
        entries.values().removeIf(entry -> entry.closeIf(false));
    }

    private Entry find(String id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            throw unknown(id);
        }
        return entry;
    }

    private static ResponseStatusException unknown(String id) {
        return new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no session " + id + ", or it has expired");
    }
}
