{{/* The labels by which the objects find their pods. */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of every object. */}}
{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* settings.json: the values, and the names under which the cluster reaches the Service. */}}
{{- define "millrace.settings" -}}
{{- $name := .Release.Name -}}
{{- $within := printf "%s.%s" $name .Release.Namespace -}}
{{- $own := list $name $within (printf "%s.svc" $within) (printf "%s.svc.cluster.local" $within) -}}
{{- $settings := deepCopy .Values.settings -}}
{{- $_ := set $settings "allowedHosts" (concat $own .Values.hosts) -}}
{{ toPrettyJson $settings }}
{{- end }}
